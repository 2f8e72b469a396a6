import { Injectable, Module } from '@nestjs/common';
import { unparse } from 'papaparse';

@Injectable()
export class ReportsService {
  csv() {
    return unparse([{ tea: 'assam', sold: 3 }, { tea: 'mint, fresh', sold: 1 }]);
  }
}

@Module({ providers: [ReportsService], exports: [ReportsService] })
export class ReportsModule {}
