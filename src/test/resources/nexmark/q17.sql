SELECT
  auction,
  CAST(date_time AS DATE) AS `day`,
  COUNT(*) AS total_bids,
  COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  MIN(price) AS min_price,
  MAX(price) AS max_price,
  SUM(price) AS sum_price
FROM bid
GROUP BY auction, CAST(date_time AS DATE)
