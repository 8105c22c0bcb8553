SELECT b.bid_id, b.auction, b.price, b.bidder, b.date_time
FROM (SELECT bid_id, auction, price, bidder, date_time, window_start, window_end FROM TUMBLE(TABLE bid, DESCRIPTOR(date_time), INTERVAL '10' MINUTE)) AS b
JOIN (
  SELECT MAX(price) AS price, window_start, window_end
  FROM TUMBLE(TABLE bid, DESCRIPTOR(date_time), INTERVAL '10' MINUTE)
  GROUP BY window_start, window_end
) AS m
ON b.window_start = m.window_start AND b.window_end = m.window_end AND b.price = m.price
