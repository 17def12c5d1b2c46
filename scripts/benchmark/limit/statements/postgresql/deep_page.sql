WITH page AS MATERIALIZED (
  SELECT id, name, status, barcode, created_at, modified_at, version,
    row_number() OVER (ORDER BY status DESC, name, id) AS place
  FROM device
  WHERE client_id = $client_id AND created_at >= $created_since AND status <= $status
    AND (status < $status OR status = $status AND (name, id) > ($name, $id))
  ORDER BY status DESC, name, id
  LIMIT $first + 1
), last AS (
  SELECT status, name, id FROM page WHERE place <= $first ORDER BY place DESC LIMIT 1
)
SELECT
  json_build_object('data', json_build_object('devices', json_build_object(
    'totalCount', (SELECT count(*) FROM device WHERE client_id = $client_id AND created_at >= $created_since),
    'nodes', (
      SELECT json_agg(json_build_object(
        'id', id,
        'name', name,
        'status', status,
        'barcode', barcode,
        'createdAt', to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'modifiedAt', to_char(modified_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'version', version
      ))
      FROM (SELECT * FROM page ORDER BY place LIMIT $first)
    ),
    'pageInfo', json_build_object(
      'hasNextPage', (SELECT count(*) FROM page) > $first,
      'endCursor', '@end_cursor@'
    )
  ))),
  '-status,name,id',
  status,
  name,
  id
FROM last
