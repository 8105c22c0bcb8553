-- Departures of an airport in one UTC day. A flight is on time when it leaves less than 15 minutes late.
SELECT
  origin,
  CAST(window_start AS TIMESTAMP_LTZ(6)) AS utc_day,
  COUNT(*) AS flights,
  COUNT(*) FILTER (WHERE delay >= 15) AS delayed,
  SUM(CAST(delay AS BIGINT)) AS delay_minutes,
  AVG(CAST(delay AS DOUBLE)) AS avg_delay,
  CAST(COUNT(*) FILTER (WHERE delay < 15) AS DOUBLE) / COUNT(*) AS on_time_rate
FROM TUMBLE(TABLE flights_utc, DESCRIPTOR(departure), INTERVAL '1' DAY)
GROUP BY origin, window_start, window_end
