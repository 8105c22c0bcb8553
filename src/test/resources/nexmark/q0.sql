SELECT bid_id, auction, bidder, price, date_time FROM bid
