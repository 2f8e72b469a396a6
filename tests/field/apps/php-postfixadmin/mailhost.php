#!/usr/bin/php
<?php
// Takes mail by SMTP for the tests of a harbour without a mail host, and appends it to /tmp/sent.
$server = stream_socket_server('tcp://127.0.0.1:2525');
while (true) {
    $peer = @stream_socket_accept($server, -1);
    if (!$peer) continue;
    fwrite($peer, "220 mailhost\r\n");
    while (($line = fgets($peer)) !== false) {
        $word = strtoupper(substr($line, 0, 4));
        if ($word === 'DATA') {
            fwrite($peer, "354 go on\r\n");
            while (($text = fgets($peer)) !== false && rtrim($text) !== '.') file_put_contents('/tmp/sent', $text, FILE_APPEND);
            fwrite($peer, "250 kept\r\n");
        } elseif ($word === 'QUIT') {
            fwrite($peer, "221 bye\r\n");
            break;
        } else {
            fwrite($peer, "250 mailhost\r\n");
        }
    }
    fclose($peer);
}
