-- The month of an airport, from its days.
SELECT
  origin,
  CAST(FLOOR(utc_day TO MONTH) AS DATE) AS utc_month,
  SUM(flights) AS flights,
  SUM(delayed) AS delayed,
  CAST(SUM(delay_minutes) AS DOUBLE) / SUM(flights) AS avg_delay,
  CAST(SUM(flights) - SUM(delayed) AS DOUBLE) / SUM(flights) AS on_time_rate,
  MIN(on_time_rate) AS worst_day_on_time_rate
FROM airport_day
GROUP BY origin, FLOOR(utc_day TO MONTH)
