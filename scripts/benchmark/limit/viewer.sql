SELECT json_object('data', json_object('viewer', json_object('principal', :principal)))
