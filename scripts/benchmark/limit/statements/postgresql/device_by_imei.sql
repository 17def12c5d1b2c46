SELECT json_build_object('data', json_build_object('device', json_build_object(
  {device}
)))
FROM device
WHERE id = (SELECT device_id FROM network_adapter WHERE type = 'CELLULAR' AND identifier = $imei)
