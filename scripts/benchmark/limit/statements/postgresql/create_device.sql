WITH new_device AS (
  INSERT INTO device (id, name, name_folded, status, client_id, project_id, device_specification_id, version,
    created_at, created_by, modified_at, modified_by)
  VALUES ($id, $name, $name_folded, $status, $clientId, $projectId, $deviceSpecificationId, 1, $at, $by, $at, $by)
), new_adapters AS (
  INSERT INTO network_adapter (id, device_id, client_id, type, identifier, created_at, created_by, modified_at,
    modified_by)
  SELECT adapter_id, $id, $clientId, type, identifier, $at, $by, $at, $by
  FROM json_to_recordset($adapters) AS adapter(adapter_id uuid, type text, identifier text)
)
INSERT INTO device_event (id, device_id, version, client_id, type, occurred_at, occurred_by, changes)
VALUES ($event_id, $id, 1, $clientId, 'DEVICE_CREATED', $at, $by, $changes)
