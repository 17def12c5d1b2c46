SELECT json_object('data', json_object('devices', json_object(
  'nodes', (
    SELECT json_group_array(json_object(
      'id', id,
      'createdAt', created_at,
      'createdBy', created_by,
      'modifiedAt', modified_at,
      'modifiedBy', modified_by,
      'name', name,
      'status', status,
      'barcode', barcode,
      'description', description,
      'clientId', client_id,
      'projectId', project_id,
      'deviceSpecificationId', device_specification_id,
      'version', version,
      'networkAdapters', (
        SELECT json_group_array(
          CASE type
            WHEN 'CELLULAR' THEN json_object(
              '__typename', 'CellularNetworkAdapter', 'id', id, 'type', type,
              'urn', 'urn:dev:imei:' || identifier, 'imei', identifier
            )
            WHEN 'LORA' THEN json_object(
              '__typename', 'LoraNetworkAdapter', 'id', id, 'type', type,
              'urn', 'urn:dev:deveui:' || lower(identifier), 'devEui', identifier
            )
            ELSE json_object(
              '__typename', 'GenericNetworkAdapter', 'id', id, 'type', type,
              'urn', 'urn:dev:dvnuuid:' || identifier, 'dvnUuid', identifier
            )
          END
        )
        FROM (SELECT id, type, identifier FROM network_adapter WHERE device_id = page.id ORDER BY created_at, id)
      ),
      'deviceGroups', json_object('nodes', (
        SELECT json_group_array(json_object('id', id, 'name', name))
        FROM (
          SELECT device_group.id, device_group.name
          FROM device_group_link AS link CROSS JOIN device_group ON device_group.id = link.device_group_id
          WHERE link.device_id = page.id
          ORDER BY link.created_at, device_group.id
          LIMIT 50
        )
      ))
    ))
    FROM (SELECT * FROM device ORDER BY created_at, id LIMIT :first) AS page
  ),
  'pageInfo', json_object(
    'hasNextPage', json(iif((SELECT count(*) FROM (SELECT 1 FROM device LIMIT :first + 1)) > :first, 'true', 'false')),
    'endCursor', (
      SELECT cursor('created_at,id', created_at, id) FROM device ORDER BY created_at, id LIMIT 1 OFFSET :first - 1
    )
  )
)))
