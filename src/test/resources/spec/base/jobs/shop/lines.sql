SELECT o.order_id, o.ordered_at, o.product, p.category, o.amount
FROM orders AS o
LEFT JOIN products AS p ON p.product = o.product
WHERE o.amount > 0
