/** PEM texts and rules as Node's TLS takes them. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  /** In place of `key`: an engine of OpenSSL, and the name by which it knows the key. */
  readonly privateKeyEngine?: string;
  readonly privateKeyIdentifier?: string;
  /** Name to ask for and to check in the certificate; the host where absent. */
  readonly servername?: string;
  /** True where absent: a certificate that cannot be verified is refused. */
  readonly rejectUnauthorized?: boolean;
}
