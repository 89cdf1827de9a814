
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'pushrig' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'pushrig'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'pushrig' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('sign', 'sign', [CompletionResultType]::ParameterValue, 'The secrets, as flags')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'What requests are judged with')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'What requests are judged with')
            [CompletionResult]::new('capture', 'capture', [CompletionResultType]::ParameterValue, 'Import recorded requests from other formats, and show them')
            [CompletionResult]::new('samples', 'samples', [CompletionResultType]::ParameterValue, 'The secrets, as flags')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page (roff)')
            break
        }
        'pushrig;sign' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'What is printed')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'OneNET token: how long it is valid, instead of --et')
            [CompletionResult]::new('--part', '--part', [CompletionResultType]::ParameterName, 'OneNET token: print the whole token, or only its sign')
            [CompletionResult]::new('--nonce', '--nonce', [CompletionResultType]::ParameterName, 'The nonce')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'The timestamp as it was sent')
            [CompletionResult]::new('--msg', '--msg', [CompletionResultType]::ParameterName, 'OneNET''s msg: text, @FILE or -')
            [CompletionResult]::new('--enc-msg', '--enc-msg', [CompletionResultType]::ParameterName, 'OneNET''s enc_msg')
            [CompletionResult]::new('--echostr', '--echostr', [CompletionResultType]::ParameterName, 'The text that a handshake must return')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The whole body: text, @FILE or -')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The URL as the platform was told it; also a handshake''s URL, to be read')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256')
            [CompletionResult]::new('--res', '--res', [CompletionResultType]::ParameterName, 'OneNET token: the resource')
            [CompletionResult]::new('--et', '--et', [CompletionResultType]::ParameterName, 'OneNET token: its end in unix seconds')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'OneNET token: the version')
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'A part of a recipe file''s own')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The token of the push configuration (or PUSHRIG_TOKEN)')
            [CompletionResult]::new('--aes-key', '--aes-key', [CompletionResultType]::ParameterName, 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)')
            [CompletionResult]::new('--app-secret', '--app-secret', [CompletionResultType]::ParameterName, 'SENSORO''s signature key, AppSecret (or PUSHRIG_APP_SECRET)')
            [CompletionResult]::new('--app-key', '--app-key', [CompletionResultType]::ParameterName, 'SENSORO''s encryption key, AppKey (or PUSHRIG_APP_KEY)')
            [CompletionResult]::new('--access-key', '--access-key', [CompletionResultType]::ParameterName, 'OneNET''s access key, base64 (or PUSHRIG_ACCESS_KEY)')
            [CompletionResult]::new('--app-id', '--app-id', [CompletionResultType]::ParameterName, 'SENSORO''s application id, which is no secret (or PUSHRIG_APP_ID)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--handshake', '--handshake', [CompletionResultType]::ParameterName, 'The platform''s URL verification instead of a push')
            [CompletionResult]::new('--encrypt', '--encrypt', [CompletionResultType]::ParameterName, 'Seal the message (needs the AES key)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'pushrig;verify' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('--assume', '--assume', [CompletionResultType]::ParameterName, 'With auto: the platform of records that name none and show none')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Let the age decide too: how old a request may be, or how far ahead')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path')
            [CompletionResult]::new('--signature', '--signature', [CompletionResultType]::ParameterName, 'The signature that arrived')
            [CompletionResult]::new('--credential', '--credential', [CompletionResultType]::ParameterName, 'A whole OneNET token: version=..&res=..&et=..&method=..&sign=..')
            [CompletionResult]::new('--nonce', '--nonce', [CompletionResultType]::ParameterName, 'The nonce')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'The timestamp as it was sent')
            [CompletionResult]::new('--msg', '--msg', [CompletionResultType]::ParameterName, 'OneNET''s msg: text, @FILE or -')
            [CompletionResult]::new('--enc-msg', '--enc-msg', [CompletionResultType]::ParameterName, 'OneNET''s enc_msg')
            [CompletionResult]::new('--echostr', '--echostr', [CompletionResultType]::ParameterName, 'The text that a handshake must return')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The whole body: text, @FILE or -')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The URL as the platform was told it; also a handshake''s URL, to be read')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256')
            [CompletionResult]::new('--res', '--res', [CompletionResultType]::ParameterName, 'OneNET token: the resource')
            [CompletionResult]::new('--et', '--et', [CompletionResultType]::ParameterName, 'OneNET token: its end in unix seconds')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'OneNET token: the version')
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'A part of a recipe file''s own')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The token of the push configuration (or PUSHRIG_TOKEN)')
            [CompletionResult]::new('--aes-key', '--aes-key', [CompletionResultType]::ParameterName, 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)')
            [CompletionResult]::new('--app-secret', '--app-secret', [CompletionResultType]::ParameterName, 'SENSORO''s signature key, AppSecret (or PUSHRIG_APP_SECRET)')
            [CompletionResult]::new('--app-key', '--app-key', [CompletionResultType]::ParameterName, 'SENSORO''s encryption key, AppKey (or PUSHRIG_APP_KEY)')
            [CompletionResult]::new('--access-key', '--access-key', [CompletionResultType]::ParameterName, 'OneNET''s access key, base64 (or PUSHRIG_ACCESS_KEY)')
            [CompletionResult]::new('--app-id', '--app-id', [CompletionResultType]::ParameterName, 'SENSORO''s application id, which is no secret (or PUSHRIG_APP_ID)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--show', '--show', [CompletionResultType]::ParameterName, 'Show what is sealed in it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'pushrig;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('--assume', '--assume', [CompletionResultType]::ParameterName, 'With auto: the platform of records that name none and show none')
            [CompletionResult]::new('--computed', '--computed', [CompletionResultType]::ParameterName, 'What my own server computed')
            [CompletionResult]::new('--tolerance', '--tolerance', [CompletionResultType]::ParameterName, 'Let the age decide too: how old a request may be, or how far ahead')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path')
            [CompletionResult]::new('--signature', '--signature', [CompletionResultType]::ParameterName, 'The signature that arrived')
            [CompletionResult]::new('--credential', '--credential', [CompletionResultType]::ParameterName, 'A whole OneNET token: version=..&res=..&et=..&method=..&sign=..')
            [CompletionResult]::new('--nonce', '--nonce', [CompletionResultType]::ParameterName, 'The nonce')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'The timestamp as it was sent')
            [CompletionResult]::new('--msg', '--msg', [CompletionResultType]::ParameterName, 'OneNET''s msg: text, @FILE or -')
            [CompletionResult]::new('--enc-msg', '--enc-msg', [CompletionResultType]::ParameterName, 'OneNET''s enc_msg')
            [CompletionResult]::new('--echostr', '--echostr', [CompletionResultType]::ParameterName, 'The text that a handshake must return')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The whole body: text, @FILE or -')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The URL as the platform was told it; also a handshake''s URL, to be read')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The HTTP method; for onenet-studio the digest: md5, sha1 or sha256')
            [CompletionResult]::new('--res', '--res', [CompletionResultType]::ParameterName, 'OneNET token: the resource')
            [CompletionResult]::new('--et', '--et', [CompletionResultType]::ParameterName, 'OneNET token: its end in unix seconds')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'OneNET token: the version')
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'A part of a recipe file''s own')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The token of the push configuration (or PUSHRIG_TOKEN)')
            [CompletionResult]::new('--aes-key', '--aes-key', [CompletionResultType]::ParameterName, 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)')
            [CompletionResult]::new('--app-secret', '--app-secret', [CompletionResultType]::ParameterName, 'SENSORO''s signature key, AppSecret (or PUSHRIG_APP_SECRET)')
            [CompletionResult]::new('--app-key', '--app-key', [CompletionResultType]::ParameterName, 'SENSORO''s encryption key, AppKey (or PUSHRIG_APP_KEY)')
            [CompletionResult]::new('--access-key', '--access-key', [CompletionResultType]::ParameterName, 'OneNET''s access key, base64 (or PUSHRIG_ACCESS_KEY)')
            [CompletionResult]::new('--app-id', '--app-id', [CompletionResultType]::ParameterName, 'SENSORO''s application id, which is no secret (or PUSHRIG_APP_ID)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--reveal', '--reveal', [CompletionResultType]::ParameterName, 'Show secrets in the base string')
            [CompletionResult]::new('--show', '--show', [CompletionResultType]::ParameterName, 'Show what is sealed in it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'pushrig;capture' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read HAR, raw HTTP, curl commands, .http files, bodies or captures, and write a capture')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show recorded requests, byte for byte')
            break
        }
        'pushrig;capture;import' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The capture to write; without it, standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The capture to write; without it, standard output')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'The platform to note in records that name none')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'pushrig;capture;show' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'In which form')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Only these records of each file: 1,3-5')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'pushrig;samples' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'In which form: without it, a platform''s events are listed and an event''s body is printed')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where the request goes')
            [CompletionResult]::new('--nonce', '--nonce', [CompletionResultType]::ParameterName, 'A fixed nonce')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'A fixed timestamp')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'The token of the push configuration (or PUSHRIG_TOKEN)')
            [CompletionResult]::new('--aes-key', '--aes-key', [CompletionResultType]::ParameterName, 'The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)')
            [CompletionResult]::new('--app-secret', '--app-secret', [CompletionResultType]::ParameterName, 'SENSORO''s signature key, AppSecret (or PUSHRIG_APP_SECRET)')
            [CompletionResult]::new('--app-key', '--app-key', [CompletionResultType]::ParameterName, 'SENSORO''s encryption key, AppKey (or PUSHRIG_APP_KEY)')
            [CompletionResult]::new('--access-key', '--access-key', [CompletionResultType]::ParameterName, 'OneNET''s access key, base64 (or PUSHRIG_ACCESS_KEY)')
            [CompletionResult]::new('--app-id', '--app-id', [CompletionResultType]::ParameterName, 'SENSORO''s application id, which is no secret (or PUSHRIG_APP_ID)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--encrypt', '--encrypt', [CompletionResultType]::ParameterName, 'Seal the message (needs the AES key)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'pushrig;completions' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'pushrig;man' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are printed: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never (NO_COLOR is respected)')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [default: pushrig.toml, looked for upward]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile of the configuration file to use')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Take TIME for now: RFC 3339, or unix seconds or milliseconds')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make random values repeatable')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only what is not right, and the summary')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More detail')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
