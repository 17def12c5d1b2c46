SELECT json_object('data', json_object('devices', json_object(
  'nodes', (
    SELECT json_group_array(json_object(
      {device},
      'deviceGroups', json_object('nodes', (
        SELECT json_group_array(json_object('id', id, 'name', name))
        FROM (
          SELECT device_group.id, device_group.name
          FROM device_group_link AS link CROSS JOIN device_group ON device_group.id = link.device_group_id
          WHERE link.device_id = device.id
          ORDER BY link.created_at, device_group.id
          LIMIT 50
        )
      ))
    ))
    FROM (SELECT * FROM device ORDER BY created_at, id LIMIT :first) AS device
  ),
  'pageInfo', json_object(
    'hasNextPage', json(iif((SELECT count(*) FROM (SELECT 1 FROM device LIMIT :first + 1)) > :first, 'true', 'false')),
    'endCursor', (
      SELECT cursor('created_at,id', created_at, id) FROM device ORDER BY created_at, id LIMIT 1 OFFSET :first - 1
    )
  )
)))
