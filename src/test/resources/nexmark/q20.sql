SELECT b.bid_id, b.auction, b.bidder, b.price, b.date_time, a.item, a.category, a.seller
FROM bid AS b
JOIN auction AS a
  ON b.auction = a.id
  AND b.date_time BETWEEN a.date_time AND a.date_time + INTERVAL '40' MINUTE
WHERE a.category = 10
