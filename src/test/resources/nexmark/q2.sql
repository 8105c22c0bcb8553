SELECT bid_id, auction, price, date_time FROM bid WHERE MOD(auction, 7) = 0
