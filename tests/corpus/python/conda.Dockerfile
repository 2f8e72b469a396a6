# smells: conda-cache
FROM continuumio/miniconda3
RUN conda install -y numpy
CMD ["python"]
