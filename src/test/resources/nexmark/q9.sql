-- The highest two bids while an auction was open: the one that wins, and the one it beat.
SELECT auction, item, date_time, bid_id, price, bid_time, rn
FROM (
  SELECT a.id AS auction, a.item, a.date_time, b.bid_id, b.price, b.date_time AS bid_time,
    ROW_NUMBER() OVER (PARTITION BY a.id, a.date_time ORDER BY b.price DESC, b.date_time, b.bid_id) AS rn
  FROM auction AS a
  JOIN bid AS b
    ON a.id = b.auction
    AND b.date_time BETWEEN a.date_time AND a.date_time + INTERVAL '40' MINUTE
    AND b.date_time <= a.expires
)
WHERE rn <= 2
