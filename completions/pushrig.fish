# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_pushrig_global_optspecs
    string join \n format= color= q/quiet v/verbose config= profile= now= seed= h/help V/version
end

function __fish_pushrig_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_pushrig_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_pushrig_using_subcommand
    set -l cmd (__fish_pushrig_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c pushrig -n "__fish_pushrig_needs_command" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_needs_command" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_needs_command" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_needs_command" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_needs_command" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_needs_command" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_needs_command" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_needs_command" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_needs_command" -s V -l version -d 'Print version'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "sign" -d 'Compute a signature or a token, or compose a signed request'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "verify" -d 'Check the signatures of recorded requests, or of parts given as flags'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "explain" -d 'Show why a signature is right, or find the mistake that makes it wrong'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "capture" -d 'Import recorded requests from other formats, and show them'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "samples" -d 'List or print sample messages of each platform, signed'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "handshake" -d 'Verify a server\'s URL as the platform does, and judge the answer'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "push" -d 'Deliver a signed event to your server, as the platform would'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "replay" -d 'Send recorded requests to a server, and judge its answers'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "listen" -d 'Receive pushes as the platform wants it, and judge and keep what comes'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "device" -d 'Be Control iD devices that poll a push server, and judge it'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "dispatch" -d 'Be the push server that a Control iD device polls for commands'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "mqtt" -d 'Watch devices and set their properties over MQTT, or be the platform (OneNET Studio)'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "run" -d 'Start a server, run steps against it, end it: one report, one exit code'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "demo" -d 'See it all in a few seconds, on this machine: six scenes, each of them real'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c pushrig -n "__fish_pushrig_needs_command" -f -a "man" -d 'Print the manual page (roff)'
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l as -d 'What is printed' -r -f -a "signature\t'The signature alone'
request\t'The whole request, byte for byte as on the wire'
curl\t'A curl command, ready to paste'
record\t'A line of a capture'"
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l expires -d 'OneNET token: its end instead of --et: a duration from now on, or a time (RFC 3339, unix)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l part -d 'OneNET token: print the whole token, or only its sign' -r -f -a "token\t'The whole token'
sign\t'The sign alone'"
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l nonce -d 'The nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l timestamp -d 'The timestamp as it was sent' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l msg -d 'OneNET\'s msg: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l enc-msg -d 'OneNET\'s enc_msg' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l echostr -d 'The text that a handshake must return' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l body -d 'The whole body: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l empty-body -d 'What an empty body is signed as, where the platform\'s sources contradict [default: {} for sensoro]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l url -d 'The URL as the platform was told it; also a handshake\'s URL, to be read' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l method -d 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l res -d 'OneNET token: the resource' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l et -d 'OneNET token: its end in unix seconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l version -d 'OneNET token: the version' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l in -d 'A part of a recipe file\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l user -d 'A user: userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l project -d 'A project, with --group: projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l group -d 'A group of the project; the key is the group\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l device -d 'A device by its product\'s id and its name: products/PRODUCT/devices/NAME' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l product -d 'A product: products/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l handshake -d 'The platform\'s URL verification instead of a push'
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -l encrypt -d 'Seal the message (needs the AES key)'
complete -c pushrig -n "__fish_pushrig_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l assume -d 'With auto: the platform of records that name none and show none' -r -f -a "onenet\t'OneNET HTTP push'
onenet-studio-push\t'OneNET Studio HTTP push'
tencent\t'Tencent IoT Explorer forward to a third-party service'
sensoro\t'SENSORO webhook'
onenet-studio\t'OneNET Studio token'
wechat\t'WeChat official account, plain mode'
huawei-iotda\t'Huawei Cloud IoTDA HTTP push'
standard-webhooks\t'Standard Webhooks'"
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l tolerance -d 'Let the age decide too: how old a request may be, or how far ahead' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l public-url -d 'The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l signature -d 'The signature that arrived' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l credential -d 'A whole OneNET token, as a text, @FILE, env:NAME or -: version=..&res=..&et=..&method=..&sign=..' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l nonce -d 'The nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l timestamp -d 'The timestamp as it was sent' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l msg -d 'OneNET\'s msg: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l enc-msg -d 'OneNET\'s enc_msg' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l echostr -d 'The text that a handshake must return' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l body -d 'The whole body: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l empty-body -d 'What an empty body is signed as, where the platform\'s sources contradict [default: {} for sensoro]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l url -d 'The URL as the platform was told it; also a handshake\'s URL, to be read' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l method -d 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l res -d 'OneNET token: the resource' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l et -d 'OneNET token: its end in unix seconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l version -d 'OneNET token: the version' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l in -d 'A part of a recipe file\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l user -d 'A user: userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l project -d 'A project, with --group: projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l group -d 'A group of the project; the key is the group\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l device -d 'A device by its product\'s id and its name: products/PRODUCT/devices/NAME' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l product -d 'A product: products/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -l show -d 'Show what is sealed in it'
complete -c pushrig -n "__fish_pushrig_using_subcommand verify" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l assume -d 'With auto: the platform of records that name none and show none' -r -f -a "onenet\t'OneNET HTTP push'
onenet-studio-push\t'OneNET Studio HTTP push'
tencent\t'Tencent IoT Explorer forward to a third-party service'
sensoro\t'SENSORO webhook'
onenet-studio\t'OneNET Studio token'
wechat\t'WeChat official account, plain mode'
huawei-iotda\t'Huawei Cloud IoTDA HTTP push'
standard-webhooks\t'Standard Webhooks'"
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l computed -d 'What my own server computed' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l expires -d 'OneNET token: when it should end: a duration from now on, or a time (RFC 3339, unix)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l tolerance -d 'Let the age decide too: how old a request may be, or how far ahead' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l public-url -d 'The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l signature -d 'The signature that arrived' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l credential -d 'A whole OneNET token, as a text, @FILE, env:NAME or -: version=..&res=..&et=..&method=..&sign=..' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l nonce -d 'The nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l timestamp -d 'The timestamp as it was sent' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l msg -d 'OneNET\'s msg: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l enc-msg -d 'OneNET\'s enc_msg' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l echostr -d 'The text that a handshake must return' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l body -d 'The whole body: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l empty-body -d 'What an empty body is signed as, where the platform\'s sources contradict [default: {} for sensoro]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l url -d 'The URL as the platform was told it; also a handshake\'s URL, to be read' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l method -d 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l res -d 'OneNET token: the resource' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l et -d 'OneNET token: its end in unix seconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l version -d 'OneNET token: the version' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l in -d 'A part of a recipe file\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l user -d 'A user: userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l project -d 'A project, with --group: projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l group -d 'A group of the project; the key is the group\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l device -d 'A device by its product\'s id and its name: products/PRODUCT/devices/NAME' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l product -d 'A product: products/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l reveal -d 'Show secrets in the base string'
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -l show -d 'Show what is sealed in it'
complete -c pushrig -n "__fish_pushrig_using_subcommand explain" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -f -a "import" -d 'Read HAR, raw HTTP, curl commands, .http files, bodies or captures, and write a capture'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and not __fish_seen_subcommand_from import show" -f -a "show" -d 'Show recorded requests, byte for byte'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -s o -l output -d 'The capture to write; without it, standard output' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l platform -d 'The platform to note in records that name none' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l as -d 'In which form' -r -f -a "text\t'For people, odd bytes visible'
curl\t'curl commands, ready to paste'
request\t'The requests\' own bytes'
body\t'The bodies\' own bytes, one a line; of MQTT messages the payloads'
record\t'Lines of a capture'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l select -d 'Only these records of each file: 1,3-5' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand capture; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l as -d 'In which form: without it, a platform\'s events are listed and an event\'s body is printed' -r -f -a "body\t'The body, one line'
request\t'The whole request, byte for byte as on the wire'
curl\t'A curl command, ready to paste'
record\t'A line of a capture'"
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l url -d 'Where the request goes' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l nonce -d 'A fixed nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l timestamp -d 'A fixed timestamp' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -l encrypt -d 'Seal the message (needs the AES key)'
complete -c pushrig -n "__fish_pushrig_using_subcommand samples" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l nonce -d 'The nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l timestamp -d 'The timestamp' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l msg -d 'OneNET\'s msg, which is to be echoed: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l echostr -d 'The text that is to be echoed elsewhere' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l in -d 'A part of a recipe file\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -s H -l header -d 'A header of every request; replaces one of that name, and `Name:` takes it away' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l timeout -d 'The time for one answer, connecting included' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l cacert -d 'Trust the certificates of this PEM file, and no others' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l resolve -d 'Dial ADDR for HOST:PORT' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l unix-socket -d 'Dial this Unix socket instead of the URL\'s host' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l strict -d 'A server that echoes a wrong handshake fails, too'
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -l insecure -d 'Trust any certificate'
complete -c pushrig -n "__fish_pushrig_using_subcommand handshake" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l set -d 'Replace a value of the message: `a.b=1` or `/a/b=1`; the value is JSON, else text' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l body -d 'Push this message instead of the catalogue\'s: text, @FILE or - (OneNET: the value of msg)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l batch -d 'OneNET: N events as one array' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l nonce -d 'A fixed nonce' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l timestamp -d 'A fixed timestamp, as it is sent' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l in -d 'A part of a recipe file\'s own' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l count -d 'Push N events one after the other, each a fresh one' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l rate -d 'Start N pushes a second (0.5: one every 2 s), whether or not those before are answered' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l retry -d 'Send again what is not accepted: none, platform (its own schedule), or after these pauses' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l speed -d 'Let the pauses between tries pass N times as fast' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l error-url -d 'Tencent\'s error action: gets what is not accepted in the end, once' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l as -d 'With --dry-run: in which form' -r -f -a "request\t'The whole request, byte for byte as on the wire'
curl\t'A curl command, ready to paste'
record\t'A line of a capture'"
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -s H -l header -d 'A header of every request; replaces one of that name, and `Name:` takes it away' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l timeout -d 'The time for one answer, connecting included' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l cacert -d 'Trust the certificates of this PEM file, and no others' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l resolve -d 'Dial ADDR for HOST:PORT' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l unix-socket -d 'Dial this Unix socket instead of the URL\'s host' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l encrypt -d 'Seal the message (needs the AES key)'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l unsigned -d 'Leave the signature out, as a platform does where no token is set'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l allow-remote -d 'Let --rate go to a server that is not on this machine'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l fresh-retries -d 'Sign each further try anew; it is not published whether platforms do'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l dry-run -d 'Print what would be sent, and send nothing'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -l insecure -d 'Trust any certificate'
complete -c pushrig -n "__fish_pushrig_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l to -d 'Where to: scheme, host and port, and the path unless it is / [default: url of the profile]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l host -d 'Whose Host is sent [default: recorded, with --resign the target\'s]' -r -f -a "recorded\t'As it was recorded'
target\t'That of --to'"
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l select -d 'Only these records of each file: 1,3-5' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l platform -d 'Only records of this platform' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l assume -d 'The platform of records that name none and show none' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l grep -d 'Only requests that hold this text; of several, all' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l where -d 'Only bodies that have this value there: /msg/type=2 or msg.type=2; of several, all' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l concurrency -d 'So many connections at once' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l rate -d 'So many a second' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l pace -d 'As far apart as they were recorded' -r -f -a "recorded\t'By the times in the records'"
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l speed -d 'With --pace recorded: so much faster, such as 10x' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l duplicate -d 'Each so many times in a row: is your server idempotent?' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l repeat -d 'All of them so many times [default: 1, with --for as often as fits]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l for -d 'For so long, from the beginning again and again' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-status -d 'The status: 200, 2xx or 200-204; of several, any' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-body -d 'Exactly this body: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-in-body -d 'The body holds this text; of several, all' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-header -d 'The header, with that value if one is given; of several, all' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-within -d 'The whole answer in that time' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -s H -l header -d 'A header of every request; replaces one of that name, and `Name:` takes it away' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l timeout -d 'The time for one answer, connecting included' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l cacert -d 'Trust the certificates of this PEM file, and no others' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l resolve -d 'Dial ADDR for HOST:PORT' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l unix-socket -d 'Dial this Unix socket instead of the URL\'s host' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l keep -d 'Send them as they were recorded (the default)'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l resign -d 'Sign them anew: fresh time and nonce, Host of the target'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l dry-run -d 'Say what would be sent, and send nothing (--format json: as a capture)'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l shuffle -d 'In an order drawn by --seed'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l fail-fast -d 'Stop at the first one that does not pass'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l allow-remote -d 'Allow load on a server that is not on this machine'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l expect-recorded -d 'The status and the body that were recorded'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -l insecure -d 'Trust any certificate'
complete -c pushrig -n "__fish_pushrig_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l assume -d 'With auto: the platform of records that name none and show none' -r -f -a "onenet\t'OneNET HTTP push'
onenet-studio-push\t'OneNET Studio HTTP push'
tencent\t'Tencent IoT Explorer forward to a third-party service'
sensoro\t'SENSORO webhook'
onenet-studio\t'OneNET Studio token'
wechat\t'WeChat official account, plain mode'
huawei-iotda\t'Huawei Cloud IoTDA HTTP push'
standard-webhooks\t'Standard Webhooks'"
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l bind -d 'Where to listen; port 0 is any that is free' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l ready-file -d 'Write the URL to this file when the socket accepts, and not before' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l tolerance -d 'Let the age decide too: how old a request may be, or how far ahead' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l public-url -d 'The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l token -d 'The token of the push configuration (or PUSHRIG_TOKEN)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l aes-key -d 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l app-secret -d 'SENSORO\'s signature key, AppSecret (or PUSHRIG_APP_SECRET)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l app-key -d 'SENSORO\'s encryption key, AppKey (or PUSHRIG_APP_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l access-key -d 'OneNET\'s access key, base64 (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l app-id -d 'SENSORO\'s application id, which is no secret (or PUSHRIG_APP_ID)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l tls -d 'Serve https: self-signed, or the PEM files CERT,KEY' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l tls-cert-out -d 'Write the certificate of --tls self-signed to this file, for clients to trust' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l respond -d 'What pushes are answered with: a status, a body (a template if it has {{ }}), or @FILE, also with a whole answer in it' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l forward -d 'Pass on what is welcome, byte for byte but for the blanks around header values, and answer what comes back' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l fault -d 'What goes wrong with pushes (handshakes never fail): status=500, delay=6s, reset, truncate=10, slow=100B/s or never, with :20%, :every=3 or :first=2, and :before (not taken) or :after; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l capture -d 'Append what comes to this capture, before it is answered' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l exec -d 'Run this command for each request, its record on standard input' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l expect -d 'What is to come; it ends when all of it holds. May be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l for -d 'After this time' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l max-body -d 'The most bytes of a body; more is answered with 413' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l max-time -d 'The time for a head, and for a body; more is answered with 408 [default: 10s for a head, 2m for a body]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l max-connections -d 'The most connections at once; further ones wait' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l allow-remote -d 'Allow an address that other machines reach'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l ui -d 'Show what comes in a browser on this machine, while it comes; the URL is told at the start'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -l accept-all -d 'Take what is signed wrongly, too'
complete -c pushrig -n "__fish_pushrig_using_subcommand listen" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l server -d 'The address that the device is set up with, to which it appends /push and /result: a URL, or host:port [default: url of the profile]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l id -d 'The deviceId; of several devices, the first' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l serial -d 'The serial, 0G0200/005B6D, from which the deviceId follows by the vendor\'s formula' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l ids -d 'A file of ids or serials, one a line' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l devices -d 'Simulate N devices [default: 1, with --ids as many as the file has]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l polls -d 'When each device has polled N times' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l commands -d 'When each device has run N commands; give --for, too, and fewer by then are a failure' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l for -d 'After this time; commands that were taken up have 2 s more' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l period -d 'The time between two polls' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l response -d 'How `response` is written: as a string that holds JSON, or as the object itself' -r -f -a "string\t'"{\\"ids\\":[8]}"'
object\t'{"ids":[8]}'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l empty-success -d 'How a success with nothing to say is written: as an empty string, or as {}' -r -f -a "string\t'""'
object\t'{}'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l retry-result -d 'Send a result that was not accepted so often again' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l query-base -d 'Where the query of --server goes: behind the path, or left where it is' -r -f -a "behind-path\t'/x/push?key=1&deviceId=…'
verbatim\t'/x?key=1/push?deviceId=…'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l hot-loop-cap -d 'Polls a second at most, if the server always has a command; 0 is no limit' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l fault -d 'What goes wrong, such as lost-result:20%, duplicate-result, late-result=5s:every=3, wrong-uuid:first=1, reboot=30s, slow-poll=5s, half-open=60s; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l state -d 'Keep the state in this file over runs' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l seed-users -d 'Begin with so many people, each with a card' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l script -d 'Answers of your own in TOML: `[[answer]]` with endpoint, body, and reply, error or empty' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l alarm -d 'The alarm sounds: 1 to 5 a zone, 6 a door left open, 7 a door forced, 8 panic finger, 9 tampering, 10 panic card' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l access -d 'Somebody passes, or tries to, before the first poll: user=7,portal=1; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l monitor -d 'Post `dao` and `device_is_alive` to URL/api/notifications/' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l ramp -d 'The time until the last device has made its first poll [default: one period]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l jitter -d 'Make each poll up to so much later, drawn by --seed' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l max-states -d 'At most N devices get a state of their own, which their first write makes (0.25 MB each)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -s H -l header -d 'A header of every request; replaces one of that name, and `Name:` takes it away' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l timeout -d 'The time for one answer, connecting included' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l cacert -d 'Trust the certificates of this PEM file, and no others' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l resolve -d 'Dial ADDR for HOST:PORT' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l unix-socket -d 'Dial this Unix socket instead of the URL\'s host' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l capture -d 'Append every exchange to this capture' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l until-idle -d 'When each device has made a poll that brought no command, whatever the reason; with --for, one that never does is a failure'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l no-uuid -d 'Send no uuid, as older firmware does'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l no-transactions -d 'Do not know `transactions`, as older firmware does not'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l lenient-json -d 'Read JSON as it was meant: unquoted keys, comments, commas at the end'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l allow-remote -d 'Allow a fleet on a server that is not on this machine'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l insecure -d 'Trust any certificate'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -l strict -d 'Fail if anything was found that would bite with a real device, or a command fails'
complete -c pushrig -n "__fish_pushrig_using_subcommand device" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l bind -d 'Where to listen; port 0 is any that is free' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l ready-file -d 'Write the URL to this file when the socket accepts, and not before' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l prefix -d 'What stands before /push and /result' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l queue -d 'Orders, one a line, read on while the file grows; - is stdin' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l push -d 'One order: JSON, @FILE or -; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l device -d 'The device of orders that name none' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l for -d 'After so long at the latest; what is not done then has no answer' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l lease -d 'How long a result is waited for' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l tries -d 'How often a command is handed out before it is given up' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l policy -d 'Whether a command without a result goes out again, if its order does not say [default: once for what opens doors or restarts the device, else again]' -r -f -a "at-most-once\t'Handed out once; without a result it is lost'
at-least-once\t'Handed out again when its lease is over'"
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l transactions -d 'Up to N commands with one answer; older firmware ignores them all' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l state -d 'Keep the queues in this file, and go on with them after a crash; beside it stands FILE.lock' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l allow-remote -d 'Allow an address that other machines reach'
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -l wait -d 'When all that was ordered is done (implied by --push)'
complete -c pushrig -n "__fish_pushrig_using_subcommand dispatch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -f -a "watch" -d 'Print, judge and keep what devices send to an application'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -f -a "set" -d 'Set properties of a device, and wait for the reply'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and not __fish_seen_subcommand_from watch set platform" -f -a "platform" -d 'Be OneNET Studio\'s platform: let applications and devices in, and play'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l device -d 'A device, as product and name; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l devices -d 'The devices of this file: a line each, or the file of mqtt platform (TOML)' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l only -d 'Of the devices only these, with commas between them' -r -f -a "lifecycle\t'Online and offline'
property\t'What was reported'
event\t'Events'
reply\t'What became of property/set'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l topic -d 'Another topic, with wildcards or not; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l qos -d 'The quality of service that is asked for' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l user -d 'OneNET Studio\'s user, by the number alone: connects as userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l project -d 'OneNET Studio\'s project: connects as projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l group -d 'The group of the project' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l access-key -d 'The user\'s or the group\'s access key, base64, from which tokens are made (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l expires -d 'How long a token that is made is good for' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l method -d 'The digest of a token that is made: md5, sha1 or sha256' -r -f -a "md5\t''
sha1\t''
sha256\t''"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l token -d 'A whole token, sent as it is; its res is the username where none is given' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l username -d 'The user name, for other brokers' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l password -d 'The password, for other brokers' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l client-id -d 'The client id; two connections of one id end each other [default: pushrig- and 8 random characters]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l keep-alive -d 'After so long without a packet one is sent; 0 is never' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l timeout -d 'The time for connecting, and for each answer' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l reconnect -d 'How often in a row it is tried again, after 1 s, 2 s, 4 s and so on up to a minute: a number, always or never. What is sent meanwhile is lost' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l ready-file -d 'Write the URL to this file when everything is subscribed to, and not before' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l count -d 'After so many messages' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l expect -d 'What is to come; it ends when all of it holds. May be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l for -d 'After this time' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l capture -d 'Append what comes to this capture; a message of QoS 1 is acknowledged when it is in it' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l device -d 'The device, as product and name' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l params -d 'All parameters as one JSON object: text, @FILE or -' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l request-id -d 'The requestId [default: 32 random hex digits]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l qos -d 'The quality of service' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l user -d 'OneNET Studio\'s user, by the number alone: connects as userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l project -d 'OneNET Studio\'s project: connects as projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l group -d 'The group of the project' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l access-key -d 'The user\'s or the group\'s access key, base64, from which tokens are made (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l expires -d 'How long a token that is made is good for' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l method -d 'The digest of a token that is made: md5, sha1 or sha256' -r -f -a "md5\t''
sha1\t''
sha256\t''"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l token -d 'A whole token, sent as it is; its res is the username where none is given' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l username -d 'The user name, for other brokers' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l password -d 'The password, for other brokers' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l client-id -d 'The client id; two connections of one id end each other [default: pushrig- and 8 random characters]' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l keep-alive -d 'After so long without a packet one is sent; 0 is never' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l timeout -d 'The time for connecting, and for each answer' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l desired -d 'Set the desired values, which a device that is offline gets later'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -l no-reply -d 'Wait for no reply: with QoS 1 the broker\'s acknowledgement ends it'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l bind -d 'Where to listen; port 0 is any that is free' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l ready-file -d 'Write the URL to this file when the socket accepts, and not before' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l user -d 'A user, by the number alone: userid/ID' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l project -d 'A project\'s group: projectid/ID/groupid/GROUP' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l group -d 'The group of the project' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l access-key -d 'Its access key, base64: a text, @FILE, env:NAME, - or text:LITERAL (or PUSHRIG_ACCESS_KEY)' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l device -d 'A simulated device, as product and name; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l play -d 'Play these lines, or the messages of this capture; - is stdin' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l speed -d 'So many times as fast as they say' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l rate -d 'Simulated devices report their properties, so many a second of all of them' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l expect -d 'What is to happen; it ends when all of it has. May be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l for -d 'After this time' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l max-packet -d 'The most bytes of a packet; more ends the connection' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l max-connections -d 'The most connections at once; further ones wait' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l allow-remote -d 'Allow an address that other machines reach'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -l wait -d 'Begin with that when an application has connected, and not before'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand mqtt; and __fish_seen_subcommand_from platform" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l server -d 'The shell command that starts it; it must stay in the foreground' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l wait -d 'It is up when this URL answers, whatever it answers; tcp://HOST:PORT: when it connects' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l wait-time -d 'How long that may take' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l grace -d 'How long it has to end after SIGTERM' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l server-log -d 'Write what it says to this file and none of it to stderr [default: its last lines to stderr, if anything fails]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l report -d 'Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated' -r -f -a "junit=report.xml\t'JUnit XML, for CI systems'
tap=report.tap\t'The Test Anything Protocol, version 14'
json=report.json\t'One JSON document'
html=report.html\t'A page with a latency plot'
markdown=report.md\t'A summary for a job\'s page or a comment'"
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l fail-if -d 'Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -l fail-fast -d 'Run no further step once one is not right'
complete -c pushrig -n "__fish_pushrig_using_subcommand run" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -l keep -d 'Keep the capture and all other files in this folder, which must be empty or new' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand demo" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand completions" -s h -l help -d 'Print help'
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l format -d 'How results are printed: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a line, each with `"v":1` and a `"type"`'"
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l color -d 'Colour: auto, always or never (NO_COLOR is respected)' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l config -d 'The configuration file [default: pushrig.toml, looked for upward]' -r -F
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l profile -d 'The profile of the configuration file to use' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l now -d 'Take TIME for now: RFC 3339, or unix seconds or milliseconds' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -l seed -d 'Make random values repeatable' -r
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -s q -l quiet -d 'Only what is not right, and the summary'
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -s v -l verbose -d 'More detail'
complete -c pushrig -n "__fish_pushrig_using_subcommand man" -s h -l help -d 'Print help'
