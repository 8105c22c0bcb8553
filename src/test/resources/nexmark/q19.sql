SELECT bid_id, auction, bidder, price, date_time, rn
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY auction, CAST(date_time AS DATE) ORDER BY price DESC, bid_id) AS rn
  FROM bid
)
WHERE rn <= 10
