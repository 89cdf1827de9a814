<?php
// A receiver for Tencent IoT Explorer's forward to a third-party service that is right: the
// documentation's checkSignature, reading the headers that the platform sends.
//
//     php -S 127.0.0.1:8000 tencent_right.php

const TOKEN = 'aaa';

function checkSignature()
{
    $signature = $_SERVER['HTTP_SIGNATURE'] ?? '';
    $timestamp = $_SERVER['HTTP_TIMESTAMP'] ?? '';
    $nonce = $_SERVER['HTTP_NONCE'] ?? '';

    $token = TOKEN;
    $tmpArr = array($token, $timestamp, $nonce);
    sort($tmpArr, SORT_STRING);
    $tmpStr = implode($tmpArr);
    $tmpStr = sha1($tmpStr);

    return hash_equals($tmpStr, $signature);
}

header('Content-Type: text/plain; charset=utf-8');
if (!checkSignature()) {
    http_response_code(403);
    echo 'invalid signature';
} elseif ($_SERVER['REQUEST_METHOD'] === 'GET') {
    echo $_SERVER['HTTP_ECHOSTR'];
} else {
    echo 'ok';
}
