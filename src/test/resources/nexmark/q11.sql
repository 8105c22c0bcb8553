SELECT bidder, COUNT(*) AS bid_count, window_start AS start_time, window_end AS end_time
FROM SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(date_time), INTERVAL '10' MINUTE)
GROUP BY bidder, window_start, window_end
