import { sentences } from '../support/sentence';

/** What went wrong with a broker. */
export const MQTT_SENTENCES = sentences('mqtt', {
  refused: 'The MQTT broker {broker} refused the connection: {why}.',
  noTls: 'No TLS connection to the MQTT broker {broker}: {why}.',
  unreachable: 'The MQTT broker {broker} cannot be reached: {why}.',
  noConnack: 'The MQTT broker {broker} did not answer the CONNECT; check that an MQTT broker listens on this port.',
  noMqtt: 'The server at {broker} does not speak MQTT there; check the port, and whether it wants TLS.',
  noWebSocket:
    'The server at {broker} does not take MQTT over WebSocket there (HTTP status {status}); check the WebSocket path and the port.',
  lost: "The connection to the MQTT broker {broker} was lost ({why}); if this repeats, check the network and the broker's log.",
  ended: 'The MQTT broker {broker} ended the connection: {why}.',
  publishRefused: 'The MQTT broker {broker} refused a message on {topic}: {why}.',
  endedOver: 'The MQTT broker {broker} ended the connection over a message on {topic}: {why}.',
  subscriptionRefused:
    'The MQTT broker {broker} refused the subscription to {topics}; give this user the right to read them.',
  silent:
    'Nothing answers at {broker}, neither yes nor no; check host and port, that the computer is on, and that a firewall between lets TCP port {port} pass.',
  expectsTls:
    'The server at {broker} expects TLS; switch TLS on in the settings, or use the port without TLS, mostly 1883.',
  noMqtt5: 'The MQTT broker {broker} does not speak MQTT 5; choose MQTT 3.1.1 in the settings.',
  late: 'The MQTT broker {broker} did not answer within {seconds} s; check that it is not overloaded, and the network.',
  testEnded: 'The test of {broker} was ended by whoever had asked for it.',
});

/** Parts of those sentences: what the matter is, and what to do. */
export const MQTT_WORDS = sentences('mqttPart', {
  wrongLogin: 'user name or password is wrong; correct them in the settings',
  notAllowed: 'this user may not connect; check user name, password and the rights the broker gives',
  wrongClientId: 'it does not accept the client ID; check its rules for client IDs',
  notAvailable: 'its MQTT service is not available; check the broker',
  tooLarge: 'a message was larger than it takes; raise its limit for the size of packets',
  otherVersion: 'it does not speak this version of MQTT; choose the other version in the settings',
  noMqtt5: 'it does not speak MQTT 5; choose MQTT 3.1.1 in the settings',
  busy: 'it is busy; check the load of the broker',
  banned: 'this client is banned; check the broker',
  shutsDown: 'it is shutting down; check the broker',
  keepAlive: 'it heard nothing within the keep-alive; check the network',
  takenOver: 'another client has connected with the same client ID; give every client an ID of its own',
  quota: 'a quota is used up; check its limits',
  otherServer: 'it wants another server to be used; correct the host in the settings',
  moved: 'it has moved; correct the host in the settings',
  tooFast: 'connections come too fast for it; check its limits',
  nothingListens: 'nothing listens there; check host and port, and that the broker runs',
  unknownHost: 'the host name is not known; check its spelling and the name server',
  noNameServer: 'the name server did not answer; check the network',
  noAnswer: 'it did not answer; check host, port and firewall',
  noRoute: 'there is no route to it; check host and network',
  expired: 'its certificate has expired; renew it, or set the clock of this computer',
  notYetValid: 'its certificate is not valid yet; check the clocks',
  clientExpired: 'the client certificate has expired; renew it in the TLS settings',
  clientRefused: 'it does not accept the client certificate; check it in the TLS settings',
  clientRevoked: 'the client certificate was revoked; have a new one made',
  clientUnknown: 'it does not know the CA of the client certificate; check it in the TLS settings',
  wantsClient: 'it wants a client certificate; add certificate and key in the TLS settings',
  selfSigned: 'its certificate is self-signed; add it as CA certificate in the TLS settings',
  unknownCa: 'its CA is not known here; add the CA certificate in the TLS settings',
  otherName: 'its certificate is for another host name; use the name in the certificate',
  noTls: 'it does not speak TLS on this port; switch TLS off or use its TLS port',
  noAgreement:
    'it takes none of what TLS offers here, or wants a client certificate; check certificate and key in the TLS settings, and what it speaks',
  otherTlsVersion: 'it speaks no version of TLS that is spoken here; have it speak TLS 1.2 or 1.3',
  unknownName: 'it is not known there by this name; correct the host in the settings',
  noAlpn: 'it does not speak MQTT over TLS on this port; use another port',
  ownFiles: 'certificate, key or CA certificate cannot be used ({message}); correct them in the TLS settings',
  otherTls: "{message} ({code}); check the TLS settings and the broker's log",
  otherReason: "it gave the reason {code}; check the broker's log",
  noReason: "it gave no reason; check the broker's log",
  byPerson: 'a person or a program there has ended it; ask who looks after the broker',
  longEnough: 'a connection may not last longer there; it is opened anew',
  noQos: 'it does not take messages that it has to acknowledge (QoS 1); allow them there, or take another broker',
  tooMany: "more messages were on their way than it takes; check the broker's log",
  tooOften: 'messages come too fast for it; check its limits',
  closed: 'the broker closed it',
  didWhatItMayNot:
    'this client did what it may not, such as to publish on a topic; check the rights the broker gives it',
  mayNotPublish:
    'this client may not publish there; give it the right to, by its policy or by the access list of the broker',
  wrongTopic: 'it does not take this topic; correct the topic in the settings, or the tags of the meter',
  wrongContent: 'it does not take what the message holds; check what the broker checks',
  and: '{first} and {second}',
});

export type MqttWord = keyof typeof MQTT_WORDS.templates;
