SELECT b.bid_id, b.price, b.date_time, a.item, p.name
FROM bid AS b
JOIN auction AS a
  ON b.auction = a.id
  AND b.date_time BETWEEN a.date_time AND a.date_time + INTERVAL '40' MINUTE
JOIN person AS p
  ON a.seller = p.id
  AND b.date_time BETWEEN p.date_time AND p.date_time + INTERVAL '80' MINUTE
