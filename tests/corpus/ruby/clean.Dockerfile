# smells: none
FROM ruby:3.3-slim
WORKDIR /app
COPY Gemfile ./
RUN bundle install && rm -rf /usr/local/bundle/cache
CMD ["ruby", "app.rb"]
