-- How many records came more than once: an acknowledgment was lost, and the record was sent again.
SELECT site, meter, day, sum(copies - 1) AS repetitions
FROM (
  SELECT site, meter, day, time_ms, sequence, part, count(*) AS copies
  FROM pm500.records
  WHERE day BETWEEN '2018-01-01' AND '2019-01-01'
  GROUP BY 1, 2, 3, 4, 5, 6
) AS records_by_key
WHERE copies > 1
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
