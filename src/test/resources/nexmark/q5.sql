SELECT counts.auction, counts.num, counts.window_start
FROM (
  SELECT auction, COUNT(*) AS num, window_start, window_end
  FROM HOP(TABLE bid, DESCRIPTOR(date_time), INTERVAL '10' MINUTE, INTERVAL '30' MINUTE)
  GROUP BY auction, window_start, window_end
) AS counts
JOIN (
  SELECT MAX(num) AS num, window_start, window_end
  FROM (
    SELECT COUNT(*) AS num, window_start, window_end
    FROM HOP(TABLE bid, DESCRIPTOR(date_time), INTERVAL '10' MINUTE, INTERVAL '30' MINUTE)
    GROUP BY auction, window_start, window_end
  )
  GROUP BY window_start, window_end
) AS most
ON counts.window_start = most.window_start AND counts.window_end = most.window_end AND counts.num = most.num
