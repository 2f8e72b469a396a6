# smells: removed-later
FROM debian:trixie-slim
RUN seq 1 500000 > /opt/table && sort /opt/table | tail -n 1 > /opt/last
RUN rm /opt/table
CMD ["cat", "/opt/last"]
