# shellcheck shell=sh
# What both bootstraps share: secrets, a certificate authority, and the files of Mosquitto. Sourced, with these set before:
#   here: folder of the bootstrap; secrets: folder of what nobody but the services may read; generated: folder of configurations
#   owner: UID:GID that everything gets, when this runs as root; settings: file of NAME=value
#   smtp_password_file: where Alertmanager finds the password of the mail server
# A file is written under another name and renamed, so that what has its name is whole. Secrets never stand in arguments.

: "${here:?}" "${secrets:?}" "${generated:?}" "${owner:?}" "${settings:?}" "${smtp_password_file:?}"
file_mode=600
# What stands in place of the password of the mail server until somebody gives it.
no_password='none yet: sh bootstrap.sh set alert_smtp_password <file'
# ca or certificate: is made again although it is there.
renewed=
# What else the operator has to know, a sentence a line.
notes=

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# sentence: said at the end.
note() {
  notes="$notes$*
"
}

# program package: says what to install where it is missing.
need() {
  command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: install it (apt-get install $2) and run this again."
}

# folder: makes it for the owner alone.
private_folder() {
  [ -d "$1" ] || [ ! -e "$1" ] || fail "$1 is in the way: it has to be a folder; move it and run this again."
  (umask 077 && mkdir -p -- "$1") 2>/dev/null || fail "The folder $1 cannot be made: check its place and your rights."
  [ -w "$1" ] || fail "Nothing can be written into $1: check its rights, and that the volume is not mounted read-only."
  own "$1"
  chmod 700 -- "$1"
}

own() {
  [ "$(id -u)" -ne 0 ] || chown "$owner" -- "$1"
}

# Whether the file system really takes writing is known only by writing, root or not.
begin() {
  work=$secrets/.new.$$
  for left in "$secrets"/.new.*; do
    # Of one that was killed; the one of another that still runs stays.
    [ ! -d "$left" ] || kill -0 "${left##*.}" 2>/dev/null || rm -rf -- "$left"
  done
  rm -f -- "$secrets"/*.new "$generated"/*.new 2>/dev/null || true
  mkdir -m 700 -- "$work" 2>/dev/null || fail "Nothing can be written into $secrets: check its rights, and that the volume is neither full nor read-only."
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  # More than all of it takes: a full volume is said before anything is made.
  (head -c 32768 /dev/zero >"$work/room") 2>/dev/null || fail "The volume of $secrets is full: make room on it and run this again."
  rm -f -- "$work/room"
}

# file: takes what comes in, unless the file says that already; it is whole or as it was.
put() {
  [ ! -d "$1" ] || fail "$1 is in the way: it has to be a file; move it and run this again."
  error=$( (umask 077 && cat >"$work/put") 2>&1) || fail "$1 cannot be written ($(printf '%s' "$error" | tail -n 1)): make room on its volume and run this again."
  if [ -f "$1" ] && cmp -s -- "$work/put" "$1"; then
    guard "$1"
    return
  fi
  chmod "$file_mode" -- "$work/put"
  own "$work/put"
  # Between two file systems mv copies, which is neither atomic nor sure of room: first beside the file, then its name.
  error=$(mv -f -- "$work/put" "$1.new" 2>&1 && mv -f -- "$1.new" "$1" 2>&1) || {
    rm -f -- "$1.new"
    fail "$1 cannot be written ($error): make room on its volume, check its rights, and run this again."
  }
}

# file: as put, for what everybody on this computer may read.
put_public() {
  file_mode=644
  put "$1"
  file_mode=600
}

# file: right owner, and nobody else reads it.
guard() {
  { chmod "$file_mode" -- "$1" 2>/dev/null && own "$1"; } ||
    fail "The rights of $1 cannot be set: it belongs to somebody else; run this as its owner or as root."
}

# 48 digits and letters of 192 random bits.
random_secret() {
  bytes=$(openssl rand -hex 24 2>/dev/null) || bytes=
  [ "${#bytes}" -eq 48 ] || fail 'openssl gives no random numbers: check what "openssl rand -hex 24" says.'
  printf '%s\n' "$bytes"
}

# file [what to do with a weak one]: refuses a secret that a person chose badly, or that is not whole.
check_secret() {
  instead=${2:-choose another, or remove $1 and run this again}
  [ -f "$1" ] || fail "$1 is in the way: it has to be a file; move it and run this again."
  value=$(cat -- "$1" 2>/dev/null) || fail "The secret $1 cannot be read: run this as its owner or as root."
  name=${1##*/}
  [ -n "$value" ] || fail "The secret $name is empty: ${2:-remove the file and run this again, which makes a new one}."
  case $value in
    *[!\!-~]*) fail "The secret $name has blanks, line breaks or letters beyond ASCII: $instead." ;;
  esac
  [ "${#value}" -ge 20 ] || fail "The secret $name is weak: it has ${#value} characters, and 20 are the least; $instead."
  lower=$(printf '%s' "$value" | tr '[:upper:]' '[:lower:]')
  case $lower in
    *password* | *changeme* | *secret* | *powermonitor* | *qwert* | *1234567* | *abcdefg* | *letmein* | *welcome*)
      fail "The secret $name is weak: it has a word or row that everybody tries first; $instead." ;;
  esac
  kinds=$(printf '%s' "$value" | fold -w 1 | sort -u | wc -l)
  [ "$kinds" -ge 10 ] || fail "The secret $name is weak: it has only $kinds different characters; $instead."
}

# name: makes the secret where it is missing.
secret() {
  if [ ! -e "$secrets/$1" ] && [ ! -L "$secrets/$1" ]; then
    made=$(random_secret)
    printf '%s\n' "$made" | put "$secrets/$1"
  fi
  check_secret "$secrets/$1"
  guard "$secrets/$1"
}

# name: the one before is kept where its server is told the new one by it.
keep_before() {
  case " ${kept_before:-} " in
    *" $1 "*) [ -e "$secrets/$1.previous" ] || [ ! -e "$secrets/$1" ] || put "$secrets/$1.previous" <"$secrets/$1" ;;
  esac
}

# name: another one in its place.
rotate_secret() {
  made=$(random_secret)
  keep_before "$1"
  printf '%s\n' "$made" | put "$secrets/$1"
}

# name: puts what comes in in its place, unless it is weak.
set_secret() {
  cat >"$work/$1" || fail "The folder $secrets is full: make room and run this again."
  # That of the mail server somebody else has chosen.
  if [ "$1" != alert_smtp_password ]; then
    check_secret "$work/$1" "choose another"
    # Telegraf puts it into the text of its configuration, where these have a meaning.
    case $1$(cat -- "$work/$1") in
      mqtt_telegraf_password*[\"\\\$]*) fail "The secret $1 has one of \" \\ \$, which Telegraf does not take: choose another." ;;
    esac
  elif [ ! -s "$work/$1" ] || [ "$(wc -l <"$work/$1")" -gt 1 ]; then
    fail 'The password of the mail server is empty or has several lines: give a file with it alone.'
  fi
  keep_before "$1"
  put "$secrets/$1" <"$work/$1"
}

# openssl says why on its last line.
ssl() {
  error=$(openssl "$@" 2>&1 >/dev/null) || fail "openssl $1 fails ($(printf '%s' "$error" | tail -n 1)): check the files in $secrets."
}

# The authority that signs the certificate of the broker. Ten years; its key is mounted nowhere.
authority() {
  next=$generated/ca.crt.next
  if [ -f "$next" ]; then
    # Of a run that was ended before the certificate had its name: it counts where its key has its own already.
    if same_key "$secrets/ca.key" "$next"; then mv -f -- "$next" "$generated/ca.crt"; else rm -f -- "$next"; fi
  fi
  if [ "$renewed" != ca ] && [ -f "$secrets/ca.key" ] && [ -f "$generated/ca.crt" ]; then
    same_key "$secrets/ca.key" "$generated/ca.crt" ||
      fail "$secrets/ca.key and $generated/ca.crt do not belong together: restore them from your backup, or remove both and give all clients the new ca.crt."
    guard "$secrets/ca.key"
    # Clients need time to take another.
    openssl x509 -in "$generated/ca.crt" -noout -checkend 15552000 >/dev/null 2>&1 ||
      note "The authority of the broker ends on $(openssl x509 -in "$generated/ca.crt" -noout -enddate | sed 's/.*=//'): make another by \"bootstrap.sh rotate ca\", and give all clients the new ca.crt."
    return
  fi
  # A key without certificate is of a run that was ended between the two: nobody has trusted it yet.
  [ "$renewed" = ca ] || [ ! -f "$generated/ca.crt" ] || fail "$secrets/ca.key is missing while $generated/ca.crt is there: restore it from your backup, or remove ca.crt and give all clients the new one."
  ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ca.key"
  ssl req -x509 -new -key "$work/ca.key" -sha256 -days 3650 -subj '/CN=PowerMonitor 500 stack' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$work/ca.crt"
  # What is larger goes first: on a full volume the old ones stay.
  put "$next" <"$work/ca.crt"
  put "$secrets/ca.key" <"$work/ca.key"
  mv -f -- "$next" "$generated/ca.crt"
}

same_key() {
  [ "$(openssl pkey -in "$1" -pubout 2>/dev/null)" = "$(openssl x509 -in "$2" -noout -pubkey 2>/dev/null)" ]
}

# Sets names: those that the settings give to the certificate beside its own.
broker_names() {
  names=$(setting MQTT_NAMES '')
  # A list is split at its commas.
  for name in $(printf '%s' "$names" | tr ',' ' '); do
    case $name in
      DNS:?* | IP:?*) ;;
      *) fail "MQTT_NAMES in $settings has $name: give each as DNS:name or IP:address, with commas between." ;;
    esac
  done
}

# names: the certificate of the broker, for these names and addresses (IP:..., DNS:..., with commas); again when it ends
# within 30 days, or is for other names.
broker_certificate() {
  if [ "$renewed" != certificate ] && [ -f "$secrets/mosquitto.key" ] && [ -f "$secrets/mosquitto.crt" ] && [ -f "$generated/names" ] &&
    [ "$(cat -- "$generated/names")" = "$1" ] && same_key "$secrets/mosquitto.key" "$secrets/mosquitto.crt" &&
    openssl verify -CAfile "$generated/ca.crt" "$secrets/mosquitto.crt" >/dev/null 2>&1 &&
    openssl x509 -in "$secrets/mosquitto.crt" -noout -checkend 2592000 >/dev/null 2>&1; then
    return
  fi
  printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' "$1" >"$work/names"
  ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/mosquitto.key"
  ssl req -new -key "$work/mosquitto.key" -subj '/CN=mosquitto' -out "$work/mosquitto.csr"
  # More than 825 days some clients take from nobody.
  ssl x509 -req -in "$work/mosquitto.csr" -CA "$generated/ca.crt" -CAkey "$secrets/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
    -sha256 -days 820 -extfile "$work/names" -out "$work/mosquitto.crt"
  put "$secrets/mosquitto.crt.made.new" <"$work/mosquitto.crt"
  put "$secrets/mosquitto.key" <"$work/mosquitto.key"
  mv -f -- "$secrets/mosquitto.crt.made.new" "$secrets/mosquitto.crt"
  printf '%s\n' "$1" | put "$generated/names"
}

# password salt (base64): the hash that Mosquitto reads as $6$: SHA-512 of password and salt. One round is enough for
# secrets that are random; mosquitto_passwd would have to be installed, and takes passwords as arguments.
hash_of() {
  { printf '%s' "$1" && printf '%s\n' "$2" | openssl base64 -d -A; } | openssl dgst -sha512 -binary | openssl base64 -A
}

# user=secret ...: the password file of Mosquitto; lines that are right stay as they are.
broker_passwords() {
  : >"$work/passwd"
  for pair in "$@"; do
    user=${pair%%=*}
    password=$(cat -- "$secrets/${pair#*=}")
    line=$(sed -n "s/^$user://p" "$secrets/mosquitto.passwd" 2>/dev/null | head -n 1) || line=
    salt=$(printf '%s' "$line" | cut -d '$' -f 3)
    if [ -z "$salt" ] || [ "$line" != "\$6\$$salt\$$(hash_of "$password" "$salt")" ]; then
      salt=$(openssl rand -base64 12)
      line="\$6\$$salt\$$(hash_of "$password" "$salt")"
    fi
    printf '%s:%s\n' "$user" "$line" >>"$work/passwd"
  done
  put "$secrets/mosquitto.passwd" <"$work/passwd"
}

# port address: whether a program listens there; only Linux tells.
port_taken() {
  hex=$(printf ':%04X' "$1")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

# What the settings say of a name, else the second argument.
setting() {
  said=$(sed -n "s/^$1=//p" "$settings" | tail -n 1 | tr -d '\r')
  case $said in
    *[\"\'\\\|\ \&\#\$\`]*) fail "$1 in $settings has a quote, a blank or one of \\ | & # \$: write it without." ;;
  esac
  printf '%s' "${said:-$2}"
}

# Writes the settings where there are none; to those of an earlier version adds what is new, with what it means. The bootstrap
# gives settings_text.
complete_settings() {
  settings_text >"$work/settings" || fail "The volume of $secrets is full: make room on it and run this again."
  if [ ! -e "$settings" ]; then
    put "$settings" <"$work/settings"
    return
  fi
  [ -r "$settings" ] || return 0
  have=" $(sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p' "$settings" | tr '\n' ' ') "
  comment=
  added=
  while IFS= read -r line; do
    case $line in
      \#*)
        comment="$comment$line
"
        continue ;;
    esac
    case ${line%%=*} in
      # A user that is gone is said.
      PM500_UID | PM500_GID) ;;
      *)
        case $have in
          *" ${line%%=*} "*) ;;
          *)
            added="$added$comment$line
" ;;
        esac ;;
    esac
    comment=
  done <"$work/settings"
  [ -n "$added" ] || return 0
  # A last line without an end gets one.
  { sed -e "\$a\\" "$settings" && printf '%s' "$added"; } | put "$settings"
}

# What the environment says is taken when the settings are written first, and never again.
settings_that_stay() {
  # shellcheck disable=SC2094 # Nothing writes it here.
  while IFS= read -r line; do
    name=${line%%=*}
    case $name in
      '' | "$line" | *[!A-Z0-9_]* | [!A-Z]*) continue ;;
    esac
    eval "given=\${$name:-}"
    if [ -z "$given" ] || [ "$given" = "${line#*=}" ]; then continue; fi
    # The last one counts.
    said=$(sed -n "s/^$name=//p" "$settings" | tail -n 1 | tr -d '\r')
    [ "$given" = "$said" ] || note "$name stays as $settings says (${said:-empty}), whatever the environment says: change it there and run this again."
  done <"$settings"
}

# Sets zone: whose days and months count.
time_zone() {
  zone=$(setting TIME_ZONE UTC)
  zones=/usr/share/zoneinfo
  case $zone in
    *[!A-Za-z0-9_+/-]* | /*) ;;
    # Files beside the data that no other program takes as a name.
    posix/* | right/* | posixrules | localtime | leapseconds | Factory) ;;
    # A computer without the data cannot tell.
    *) if [ -f "$zones/$zone" ] || [ ! -f "$zones/UTC" ]; then return; fi ;;
  esac
  fail "TIME_ZONE in $settings is $zone, which is no time zone: give a name of the IANA data, for instance Europe/Berlin."
}

# Sets told: what lets Alertmanager tell somebody, and whom nobody tells.
alert_settings() {
  smtp=$(setting ALERT_SMTP '')
  smtp_user=$(setting ALERT_SMTP_USER '')
  smtp_tls=$(setting ALERT_SMTP_TLS yes)
  from=$(setting ALERT_FROM '')
  to=$(setting ALERT_TO '')
  on_call=$(setting ALERT_ON_CALL "$to")
  webhook=$(setting ALERT_WEBHOOK '')
  own=$(setting ALERT_FILE '')
  told=
  [ -z "$own" ] || return 0
  case $webhook in
    *\?*) fail "ALERT_WEBHOOK in $settings is $webhook, behind which no path can stand: give an address without a question mark, or a file of your own (ALERT_FILE)." ;;
    '' | http://* | https://*) ;;
    *) fail "ALERT_WEBHOOK in $settings is $webhook: give an address that begins with http:// or https://." ;;
  esac
  if [ -z "$smtp" ]; then
    [ -n "$webhook" ] || told="Nobody is told of alerts yet: set ALERT_SMTP or ALERT_WEBHOOK in $settings and run this again."
    return
  fi
  # Without a colon the whole of it is no number either.
  case ${smtp##*:} in
    '' | *[!0-9]*) fail "ALERT_SMTP in $settings is $smtp: give host:port, for instance mail.site:587." ;;
  esac
  if [ -z "$to" ] || [ -z "$from" ]; then
    fail "ALERT_SMTP is set in $settings, and ALERT_TO or ALERT_FROM is not: give both, the mailbox that is told and the sender."
  fi
  case $smtp_tls in
    yes) smtp_tls=true ;;
    no) smtp_tls=false ;;
    *) fail "ALERT_SMTP_TLS in $settings is $smtp_tls: give yes, or no for a mail server without TLS." ;;
  esac
  [ -z "$smtp_user" ] || [ "$(cat -- "$secrets/alert_smtp_password")" != "$no_password" ] ||
    fail "ALERT_SMTP_USER is set in $settings, and its password is not: sh bootstrap.sh set alert_smtp_password <file"
  [ -n "$webhook" ] || told="Nobody is told when alerting itself has died: Watchdog goes to a web hook alone; set ALERT_WEBHOOK in $settings for it."
}

# The shipped file of Alertmanager comes out with what the site has set, or the file of the site in its place. Who has only a mail
# server or only a web hook is told of everything by that.
alertmanager() {
  if [ -n "$own" ]; then
    cat -- "$own" 2>/dev/null || fail "ALERT_FILE in $settings is $own, which cannot be read: give the whole path of a file of Alertmanager."
    return
  fi
  # In quotes: an address of IPv6 begins as a list of YAML does.
  set -- -e ''
  [ -z "$smtp" ] || set -- "$@" -e "s|smtp_smarthost: .*|smtp_smarthost: '$smtp'|" -e "s|smtp_from: .*|smtp_from: '$from'|" \
    -e "s|smtp_require_tls: .*|smtp_require_tls: $smtp_tls|" \
    -e "s|to: energy@localhost|to: '$to'|" -e "s|to: energy-on-call@localhost|to: '$on_call'|"
  [ -z "$smtp_user" ] || set -- "$@" -e "/smtp_smarthost:/a\\
  smtp_auth_username: '$smtp_user'\\
  smtp_auth_password_file: $smtp_password_file"
  [ -z "$webhook" ] || set -- "$@" -e "s|http://127.0.0.1:9095\(.*\)|'${webhook%/}\1'|"
  sed "$@" "$here/../alerts/alertmanager.yml" | awk -v smtp="$smtp" -v webhook="$webhook" '
    /^  - name: / { left_out = 0 }
    /^    email_configs:/ { left_out = smtp == "" }
    /^    webhook_configs:/ { left_out = webhook == "" }
    !left_out'
}

# name: one of SECRETS.
known() {
  case " $SECRETS alert_smtp_password " in
    *" $1 "*) ;;
    *) fail "There is no secret named \"$1\": name one of $SECRETS alert_smtp_password." ;;
  esac
}

# sentence [command name]: does what was asked, makes what is missing, and says the sentence where nothing else is to be said.
# The bootstrap gives rotate, advice (what lets a secret count) and derive (its configurations).
run() {
  done_with=$1
  case ${2:-} in
    '') ;;
    rotate)
      rotate "${3:-}"
      done_with="$3 is another now. To let it count: $(advice "$3")" ;;
    set)
      known "${3:-}"
      set_secret "$3"
      done_with="$3 is what you gave. To let it count: $(advice "$3")" ;;
    *) fail "$2 is no command: bootstrap.sh, bootstrap.sh rotate NAME, bootstrap.sh set NAME." ;;
  esac
  for name in $SECRETS; do secret "$name"; done
  # Compose mounts no file that is not there.
  [ -e "$secrets/alert_smtp_password" ] || printf '%s\n' "$no_password" | put "$secrets/alert_smtp_password"
  guard "$secrets/alert_smtp_password"
  alert_settings
  authority
  derive
  settings_that_stay
  printf '%s' "$notes"
  [ -z "$told" ] || echo "$told"
  echo "$done_with"
}
