-- One plain Flink SQL query. It reads datasets by their names.
SELECT
  product,
  CAST(ordered_at AS DATE) AS sold_on,
  COUNT(*) AS orders,
  SUM(amount) AS amount
FROM orders
GROUP BY product, CAST(ordered_at AS DATE)
