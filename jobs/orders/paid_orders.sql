-- A payment belongs to the order of its number, if that came at most half an hour earlier.
-- Orders that are reported twice give the same row twice, which is one.
SELECT DISTINCT
  p.payment_id,
  p.order_id,
  o.product,
  o.ordered_at,
  p.paid_at,
  p.amount
FROM payments AS p
JOIN orders AS o
  ON o.order_id = p.order_id
  AND p.paid_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL '30' MINUTE
