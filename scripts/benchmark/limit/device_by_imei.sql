SELECT json_object('data', json_object('device', json_object(
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
    FROM (SELECT id, type, identifier FROM network_adapter WHERE device_id = device.id ORDER BY created_at, id)
  )
)))
FROM device
WHERE id = (SELECT device_id FROM network_adapter WHERE type = 'CELLULAR' AND identifier = :imei)
