import { createSchema, createYoga } from 'graphql-yoga';
import { GraphQLError } from 'graphql';

export const graph = (store, told) => createYoga({
  landingPage: false,
  graphiql: { title: 'Fish farm' },
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      "One net pen."
      type Pen { id: ID! name: String! species: Species! fish: Int! readings(below: Float): [Reading!]! feedings: [Feeding!]! }
      type Reading { at: String! temperature: Float oxygen: Float }
      type Feeding { id: ID! at: String! kilos: Float! }
      enum Species { salmon trout cod }
      type Query { pens(species: Species): [Pen!]! pen(name: String!): Pen }
      type Mutation { feed(pen: ID!, kilos: Float!): Feeding! }
      type Subscription { countdown(from: Int!): Int! }
    `,
    resolvers: {
      Query: {
        pens: (_, { species }) => store.pens().filter((pen) => !species || pen.species === species),
        pen: (_, { name }) => store.pen(name),
      },
      Pen: {
        readings: (pen, { below }) => store.readings(pen.id).filter((one) => below == null || one.oxygen < below),
        feedings: (pen) => store.feedings(pen.id),
      },
      Mutation: {
        feed: (_, { pen, kilos }) => {
          if (!store.pen(pen)) throw new GraphQLError(`no pen ${pen}`, { extensions: { code: 'NO_PEN' } });
          const row = store.feed(pen, kilos);
          told('feeding', { pen, ...row });
          return row;
        },
      },
      Subscription: {
        countdown: {
          async *subscribe(_, { from }) {
            for (let left = from; left >= 0; left--) { await new Promise((go) => setTimeout(go, 50)); yield { countdown: left }; }
          },
        },
      },
    },
  }),
});
