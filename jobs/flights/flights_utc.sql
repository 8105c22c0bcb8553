-- One row per flight, its departure as an instant.
SELECT
  f.flight_id,
  TO_TIMESTAMP_LTZ(DATE_FORMAT(f.`date`, 'yyyy-MM-dd HH:mm:ss'), 'yyyy-MM-dd HH:mm:ss', a.tz) AS departure,
  CAST(f.`date` AS DATE) AS local_date,
  a.tz AS zone,
  f.origin,
  f.destination,
  f.delay,
  CAST(f.distance * 1.609344 AS DECIMAL(9, 3)) AS distance_km
FROM flights AS f
JOIN airports AS a ON a.iata = f.origin
