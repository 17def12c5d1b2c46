-- The term has nothing in it that means more than itself in a pattern.
WITH found AS MATERIALIZED (
  SELECT id, name, description, created_at FROM device
  WHERE name_folded LIKE '%' || $term || '%' OR description_folded LIKE '%' || $term || '%'
)
SELECT json_build_object('data', json_build_object('devices', json_build_object(
  'totalCount', (SELECT count(*) FROM found),
  'nodes', (
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'description', description)), '[]')
    FROM (SELECT * FROM found ORDER BY created_at, id LIMIT $first)
  )
)))
