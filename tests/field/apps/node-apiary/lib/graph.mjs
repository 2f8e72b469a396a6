import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { GraphQLError } from 'graphql';
import * as store from './store.mjs';

const news = createPubSub();

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    "A day of the calendar"
    scalar Day
    enum Race { carnica ligustica buckfast }
    type Weight { day: Day!, kilos: Float!, ounces: Int! }
    type Hive { id: ID!, name: String!, race: Race, queen: Int, "Newest last" weights(last: Int = 3): [Weight!]!, gain: Float! }
    type Query { hives(race: Race): [Hive!]!, hive(id: ID!): Hive }
    input NewHive { name: String!, race: Race = carnica, queen: Int! }
    type Mutation { addHive(hive: NewHive!): Hive!, weigh(hive: ID!, day: Day!, kilos: Float!): Weight! }
    type Subscription { count(to: Int!): Int!, weighed: Weight! }
  `,
  resolvers: {
    Query: {
      hives: (_, { race }) => store.hives().filter((one) => !race || one.race === race),
      hive: (_, { id }) => store.hive(id),
    },
    Hive: {
      weights: (one, { last }) => store.weights(one.id).slice(-last),
      gain: (one) => {
        const all = store.weights(one.id);
        return all.length ? Math.round((all.at(-1).kilos - all[0].kilos) * 10) / 10 : 0;
      },
    },
    Mutation: {
      addHive: (_, { hive }) => {
        try {
          return store.change('INSERT INTO hive (name, race, queen) VALUES (?, ?, ?)', [hive.name, hive.race, hive.queen]);
        } catch (error) {
          throw new GraphQLError(error.message, { extensions: { code: 'REFUSED' } });
        }
      },
      weigh: (_, { hive, day, kilos }) => {
        if (!store.hive(hive)) throw new GraphQLError(`No hive ${hive}`, { extensions: { code: 'MISSING' } });
        store.change('INSERT INTO weight VALUES (?, ?, ?)', [hive, day, kilos]);
        const weight = store.weights(hive).find((one) => one.day === day);
        news.publish('weighed', { weighed: weight });
        return weight;
      },
    },
    Subscription: {
      count: {
        async *subscribe(_, { to }) {
          for (let at = 1; at <= to; at++) {
            yield { count: at };
            await new Promise((done) => setTimeout(done, 100));
          }
        },
      },
      weighed: { subscribe: () => news.subscribe('weighed') },
    },
  },
});

export const yoga = createYoga({ schema, landingPage: false, graphiql: { title: 'Apiary' }, logging: 'warn' });
