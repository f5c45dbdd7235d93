/**
 * No record of an outbox is spread: of one from the disk the payload is an accessor of its class, which a spread leaves
 * out. The compiler does not see it, and what was stored that way could not be read again.
 */
export default {
  meta: {
    type: 'problem',
    messages: { spread: 'A record of an outbox may lose its payload by a spread: make another one by acceptedAgain.' },
    schema: [],
  },
  create: (context) => {
    const services = context.sourceCode.parserServices;
    return {
      'ObjectExpression > SpreadElement': (node) => {
        // A literal has all its members.
        if (node.argument.type === 'ObjectExpression') return;
        const type = services.getTypeAtLocation(node.argument);
        const isRecord = ['payload', 'acceptedAt'].every((name) => type.getProperty(name) !== undefined);
        if (isRecord) context.report({ node, messageId: 'spread' });
      },
    };
  },
};
