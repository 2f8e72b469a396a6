#!/usr/bin/php
<?php
// Asks the REST API, as its documentation shows: shaare METHOD PATH [JSON]
[, $method, $path] = $argv;
$b64 = fn (string $text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
$text = $b64('{"typ": "JWT", "alg": "HS512"}') . '.' . $b64(json_encode(['iat' => time() - 2]));
$token = $text . '.' . $b64(hash_hmac('sha512', $text, getenv('SHAARLI_SECRET') ?: 'weft-and-warp-1789', true));
$curl = curl_init("http://localhost/api/v1$path");
curl_setopt_array($curl, [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => ["Authorization: Bearer $token", 'Content-Type: application/json'], CURLOPT_POSTFIELDS => $argv[3] ?? '']);
echo curl_exec($curl), "\n";
