-- The month of a route, one direction.
SELECT
  origin,
  destination,
  CAST(FLOOR(departure TO MONTH) AS DATE) AS utc_month,
  COUNT(*) AS flights,
  AVG(CAST(delay AS DOUBLE)) AS avg_delay,
  MAX(delay) AS worst_delay,
  CAST(SUM(distance_km) AS DECIMAL(18, 3)) AS distance_km
FROM flights_utc
GROUP BY origin, destination, FLOOR(departure TO MONTH)
