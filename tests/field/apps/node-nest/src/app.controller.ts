import { Controller, Get, Param, Render } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { I18n, I18nContext } from 'nestjs-i18n';

@Controller()
export class AppController {
  constructor(private readonly loader: LazyModuleLoader) {}

  @Get()
  root(@I18n() i18n: I18nContext) {
    return { hello: i18n.t('site.hello') };
  }

  @Get('page/:name')
  @Render('page')
  page(@Param('name') name: string, @I18n() i18n: I18nContext) {
    return { name, hello: i18n.t('site.hello') };
  }

  @Get('report')
  async report() {
    const { ReportsModule, ReportsService } = await import('./reports/reports.module');
    const module = await this.loader.load(() => ReportsModule);
    return module.get(ReportsService).csv();
  }
}
