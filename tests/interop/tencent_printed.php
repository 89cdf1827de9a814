<?php
// Wrong: checkSignature exactly as Tencent's documentation prints it. It reads the query, as
// WeChat's does; but the platform sends headers, so all three values are missing.
//
//     php -S 127.0.0.1:8000 tencent_printed.php

const TOKEN = 'aaa';

class Receiver
{
    private function checkSignature()
    {
        $signature = $_GET["signature"];
        $timestamp = $_GET["timestamp"];
        $nonce = $_GET["nonce"];

        $token = TOKEN;
        $tmpArr = array($token, $timestamp, $nonce);
        sort($tmpArr, SORT_STRING);
        $tmpStr = implode( $tmpArr );
        $tmpStr = sha1( $tmpStr );

        if( $tmpStr == $signature ){
            return true;
        }else{
            return false;
        }
    }

    public function answer()
    {
        if (!$this->checkSignature()) {
            http_response_code(403);
            return 'invalid signature';
        }
        return $_SERVER['REQUEST_METHOD'] === 'GET' ? $_SERVER['HTTP_ECHOSTR'] : 'ok';
    }
}

// As on a server in production.
ini_set('display_errors', '0');
header('Content-Type: text/plain; charset=utf-8');
echo (new Receiver())->answer();
