-- Each order once, however often the shop repeats it, its amount in euros.
-- A rate says what one euro is worth, so an amount is divided by it.
SELECT DISTINCT
  o.order_id,
  o.customer_id,
  o.product,
  o.quantity,
  o.currency,
  r.per_euro,
  CAST(o.amount / r.per_euro AS DECIMAL(14, 2)) AS euros,
  o.ordered_at
FROM orders AS o
JOIN rates AS r ON r.currency = o.currency
