WITH page AS MATERIALIZED (
  SELECT * FROM device ORDER BY created_at, id LIMIT $first + 1
), last AS (
  SELECT created_at, id FROM page ORDER BY created_at, id LIMIT 1 OFFSET $first - 1
)
SELECT
  json_build_object('data', json_build_object('devices', json_build_object(
    'nodes', (
      SELECT json_agg(json_build_object(
        {device},
        'deviceGroups', json_build_object('nodes', (
          SELECT coalesce(json_agg(json_build_object('id', id, 'name', name)), '[]')
          FROM (
            SELECT device_group.id, device_group.name
            FROM device_group_link AS link JOIN device_group ON device_group.id = link.device_group_id
            WHERE link.device_id = device.id
            ORDER BY link.created_at, device_group.id
            LIMIT 50
          )
        ))
      ))
      FROM (SELECT * FROM page ORDER BY created_at, id LIMIT $first) AS device
    ),
    'pageInfo', json_build_object(
      'hasNextPage', (SELECT count(*) FROM page) > $first,
      'endCursor', '@end_cursor@'
    )
  ))),
  'created_at,id',
  to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  id
FROM last
