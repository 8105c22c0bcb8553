SELECT
  channel,
  CAST(date_time AS DATE) AS `day`,
  MAX(DATE_FORMAT(date_time, 'HH:mm')) AS `minute`,
  COUNT(*) AS total_bids,
  COUNT(*) FILTER (WHERE price < 10000) AS rank1_bids,
  COUNT(DISTINCT bidder) AS total_bidders,
  COUNT(DISTINCT auction) AS total_auctions
FROM bid
GROUP BY channel, CAST(date_time AS DATE)
