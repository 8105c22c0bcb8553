-- Orders, items and euros of a product in one hour.
SELECT
  product,
  CAST(window_start AS TIMESTAMP_LTZ(6)) AS `hour`,
  COUNT(*) AS orders,
  SUM(CAST(quantity AS BIGINT)) AS items,
  SUM(euros) AS euros
FROM TUMBLE(TABLE order_values, DESCRIPTOR(ordered_at), INTERVAL '1' HOUR)
GROUP BY product, window_start, window_end
