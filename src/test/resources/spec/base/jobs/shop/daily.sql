SELECT product, window_start AS `day`, COUNT(*) AS orders, SUM(amount) AS amount
FROM TUMBLE(TABLE lines, DESCRIPTOR(ordered_at), INTERVAL '1' DAY)
GROUP BY product, window_start, window_end
