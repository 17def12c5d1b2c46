WITH found AS MATERIALIZED (
  SELECT rowid FROM device_search
  WHERE device_search MATCH '{name_folded description_folded} : "' || replace(:term, '"', '""') || '"'
)
SELECT json_object('data', json_object('devices', json_object(
  'totalCount', (SELECT count(*) FROM found),
  'nodes', (
    SELECT json_group_array(json_object('id', id, 'name', name, 'description', description))
    FROM (
      SELECT id, name, description FROM device WHERE rowid IN (SELECT rowid FROM found)
      ORDER BY created_at, id LIMIT :first
    )
  )
)))
