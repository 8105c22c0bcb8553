SELECT bid_id, auction, bidder, CAST(0.908 * price AS DECIMAL(23, 3)) AS price, date_time FROM bid
