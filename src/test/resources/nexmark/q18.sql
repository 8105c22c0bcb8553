-- The last bid of a bidder in an auction on a day.
SELECT bid_id, auction, bidder, price, date_time
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction, CAST(date_time AS DATE) ORDER BY date_time DESC) AS rn
  FROM bid
)
WHERE rn <= 1
