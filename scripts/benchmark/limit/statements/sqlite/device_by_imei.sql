SELECT json_object('data', json_object('device', json_object(
  {device}
)))
FROM device
WHERE id = (SELECT device_id FROM network_adapter WHERE type = 'CELLULAR' AND identifier = :imei)
