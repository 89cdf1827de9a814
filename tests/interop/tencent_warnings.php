<?php
// Wrong: echoes in a template, on a machine whose PHP writes its warnings into the page.
//
//     php -S 127.0.0.1:8000 tencent_warnings.php

ini_set('display_errors', '1');
ini_set('html_errors', '1');
$signature = $_GET["signature"];
?>
<?= $_SERVER['HTTP_ECHOSTR'] ?? 'ok' ?>

