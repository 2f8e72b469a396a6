# smells: none
FROM registry.access.redhat.com/ubi9/ubi-minimal
RUN microdnf -y update openssl && microdnf clean all
CMD ["true"]
