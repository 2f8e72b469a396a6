select timestamp '2026-07-01 12:00:00 Europe/Paris' at time zone 'Asia/Tokyo' from rdb$database;
